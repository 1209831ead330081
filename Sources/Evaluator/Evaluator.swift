// Kept until the first file of Evaluator stands here.
