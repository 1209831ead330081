// Kept until the first file of Agent stands here.
