// The yardstick of `make bench-evaluator`: reads a topic to its end through librdkafka, and only counts.
//
//   count BROKERS TOPIC RECORDS [property=value]...
//
// Every partition is assigned from its beginning and forwarded to one queue, which is read in batches
// (rd_kafka_consume_batch_queue). Prints the records, the bytes, and the CPU seconds (user + system, all threads)
// from the assignment until RECORDS were read and every partition was at its end.
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double wall(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char error[512];
  if (rd_kafka_conf_set(conf, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) {
    fprintf(stderr, "count: %s\n", error);
    exit(64);
  }
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: count BROKERS TOPIC RECORDS [property=value]...\n");
    return 64;
  }
  const char *topic = argv[2];
  const long wanted = atol(argv[3]);
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "group.id", "count");
  set(conf, "enable.auto.commit", "false");
  set(conf, "enable.partition.eof", "true");
  for (int i = 4; i < argc; i++) {
    char *equals = strchr(argv[i], '=');
    if (!equals) {
      fprintf(stderr, "count: %s: property=value expected\n", argv[i]);
      return 64;
    }
    *equals = 0;
    set(conf, argv[i], equals + 1);
  }
  char error[512];
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof error);
  if (!rk) {
    fprintf(stderr, "count: %s\n", error);
    return 70;
  }
  rd_kafka_poll_set_consumer(rk);

  const struct rd_kafka_metadata *metadata = NULL;
  rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, topic, NULL);
  rd_kafka_resp_err_t code = rd_kafka_metadata(rk, 0, handle, &metadata, 10000);
  if (code || metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt < 1) {
    fprintf(stderr, "count: no metadata of %s: %s\n", topic, rd_kafka_err2str(code));
    return 75;
  }
  const int partitions = metadata->topics[0].partition_cnt;
  rd_kafka_metadata_destroy(metadata);

  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
  for (int i = 0; i < partitions; i++)
    rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(rk);

  const double cpu0 = cpu(), wall0 = wall();
  rd_kafka_assign(rk, list);
  enum { batch = 10000 };
  static rd_kafka_message_t *messages[batch];
  long records = 0, bytes = 0;
  int ended = 0;
  while (records < wanted || ended < partitions) {
    const ssize_t n = rd_kafka_consume_batch_queue(queue, 100, messages, batch);
    for (ssize_t i = 0; i < n; i++) {
      const rd_kafka_message_t *m = messages[i];
      if (!m->err) {
        records++;
        bytes += (long)m->len;
      } else if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        ended++;
      } else {
        fprintf(stderr, "count: %s\n", rd_kafka_message_errstr(m));
      }
      rd_kafka_message_destroy(messages[i]);
    }
  }
  const double spent = cpu() - cpu0, took = wall() - wall0;
  printf("{\"records\":%ld,\"bytes\":%ld,\"cpu_seconds\":%.3f,\"seconds\":%.3f}\n", records, bytes, spent, took);

  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_partition_list_destroy(list);
  rd_kafka_topic_destroy(handle);
  rd_kafka_consumer_close(rk);
  rd_kafka_destroy(rk);
  return 0;
}
