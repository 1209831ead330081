// Kept until the first file of Console stands here.
