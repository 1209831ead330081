// Kept until the first file of TestSupport stands here.
