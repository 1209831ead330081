// Kept until the first file of Settings stands here.
