// Kept until the first file of Kafka stands here.
