// Kept until the first file of JSON stands here.
