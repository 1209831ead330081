// Fills a topic for `make bench-evaluator`: status records of a fleet, 250 bytes each, the host as their key.
//
//   fill BROKERS TOPIC PARTITIONS RECORDS HOSTS
//
// Makes the topic, with the broker's own times, where it isn't there yet.
// Each host speaks once in HOSTS records, one second later each time; its numbers wander, and about one host in
// a thousand goes over the limits of the benchmark's rules for a while, so that transitions exist but are rare.
// The same arguments give the same records.
#include <librdkafka/rdkafka.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

static double part(uint64_t seed) { return (double)(mix(seed) >> 11) / 9007199254740992.0; }

static long failed = 0;

static void delivered(rd_kafka_t *rk, const rd_kafka_message_t *m, void *opaque) {
  (void)rk, (void)opaque;
  if (m->err) failed++;
}

// Makes a topic; 0: it is there now.
static int make(rd_kafka_t *rk, const char *topic, int partitions) {
  char error[512];
  rd_kafka_NewTopic_t *wanted = rd_kafka_NewTopic_new(topic, partitions, 1, error, sizeof error);
  if (!wanted) {
    fprintf(stderr, "fill: %s\n", error);
    return 1;
  }
  rd_kafka_NewTopic_set_config(wanted, "message.timestamp.type", "LogAppendTime");
  rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
  rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_CREATETOPICS);
  rd_kafka_AdminOptions_set_operation_timeout(options, 30000, error, sizeof error);
  rd_kafka_CreateTopics(rk, &wanted, 1, options, queue);
  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 60000);
  int failed = 1;
  if (event && !rd_kafka_event_error(event)) {
    size_t count = 0;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    const rd_kafka_resp_err_t code = count == 1 ? rd_kafka_topic_result_error(results[0]) : RD_KAFKA_RESP_ERR__FAIL;
    failed = code && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
  }
  if (failed) fprintf(stderr, "fill: %s can't be made\n", topic);
  if (event) rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(wanted);
  return failed;
}

int main(int argc, char **argv) {
  if (argc != 6) {
    fprintf(stderr, "usage: fill BROKERS TOPIC PARTITIONS RECORDS HOSTS\n");
    return 64;
  }
  const char *topic = argv[2];
  const long records = atol(argv[4]), hosts = atol(argv[5]);
  const char *properties[][2] = {
      {"bootstrap.servers", argv[1]},     {"enable.idempotence", "true"},
      {"partitioner", "murmur2_random"},  {"message.timeout.ms", "0"},
      {"queue.buffering.max.messages", "500000"},
  };
  char error[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  for (size_t i = 0; i < sizeof properties / sizeof *properties; i++)
    if (rd_kafka_conf_set(conf, properties[i][0], properties[i][1], error, sizeof error)) {
      fprintf(stderr, "fill: %s\n", error);
      return 64;
    }
  rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof error);
  if (!rk) {
    fprintf(stderr, "fill: %s\n", error);
    return 70;
  }
  if (make(rk, topic, atoi(argv[3]))) return 75;
  // The event times end now: none is in the future for the broker's clock.
  const long seconds = (records + hosts - 1) / hosts;
  const time_t start = time(NULL) - seconds - 1;
  for (long i = 0; i < records; i++) {
    const long host = i % hosts, tick = i / hosts;
    const uint64_t seed = (uint64_t)host << 32 | (uint64_t)tick;
    const int hot = host % 1000 == 7 && (tick / 20) % 4 == 1;
    const double cpu = hot ? 96 + 3 * part(seed) : 20 + 40 * part(seed);
    const double user = cpu * (0.6 + 0.2 * part(seed + 1)), system = cpu - user;
    char key[32], value[512], when[32];
    struct tm tm;
    const time_t t = start + tick;
    gmtime_r(&t, &tm);
    strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &tm);
    const int key_length = snprintf(key, sizeof key, "host-%05ld", host);
    int length = snprintf(
        value, sizeof value,
        "{\"timestamp\":\"%s.%03ldZ\",\"host\":\"%s\",\"cpu_usage\":%.2f,\"memory_usage\":%.2f,\"cpu_user\":%.2f,"
        "\"cpu_system\":%.2f,\"load_1\":%.2f,\"load_5\":%.2f,\"swap_usage\":%.1f,\"interval_ms\":1000,"
        "\"boot_id\":\"%016llx\",\"sequence\":%ld",
        when, host % 1000, key, cpu, 30 + 30 * part(seed + 2), user, system, 4 * part(seed + 3), 3 * part(seed + 4),
        10 * part(seed + 5), (unsigned long long)mix((uint64_t)host), tick);
    // To 250 bytes exactly, with blanks.
    while (length < 249) value[length++] = ' ';
    value[length++] = '}';
    for (;;) {
      const rd_kafka_resp_err_t code = rd_kafka_producev(
          rk, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(key, (size_t)key_length),
          RD_KAFKA_V_VALUE(value, (size_t)length), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
      if (!code) break;
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        fprintf(stderr, "fill: %s\n", rd_kafka_err2str(code));
        return 75;
      }
      rd_kafka_poll(rk, 100);
    }
    if (i % 1000 == 0) rd_kafka_poll(rk, 0);
  }
  while (rd_kafka_flush(rk, 1000) == RD_KAFKA_RESP_ERR__TIMED_OUT) {
  }
  rd_kafka_destroy(rk);
  if (failed) {
    fprintf(stderr, "fill: %ld records were not delivered\n", failed);
    return 75;
  }
  return 0;
}
