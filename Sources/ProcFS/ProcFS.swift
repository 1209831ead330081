// Kept until the first file of ProcFS stands here.
