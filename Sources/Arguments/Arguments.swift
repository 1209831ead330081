// Kept until the first file of Arguments stands here.
