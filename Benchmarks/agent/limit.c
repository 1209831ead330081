// The least that an agent on librdkafka can cost: reads the files that statusd reads, parses nothing, and produces a
// record of 250 bytes each second. Same delivery as statusd's: idempotent, acks=all, no time-out.
//
//   limit BROKERS TOPIC [property=value]...
#include <fcntl.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const files[] = {
    "/proc/stat",         "/proc/uptime",          "/proc/meminfo",     "/proc/loadavg",
    "/proc/pressure/cpu", "/proc/pressure/memory", "/proc/pressure/io",
};
enum { FILES = sizeof files / sizeof *files };

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char reason[512];
  if (rd_kafka_conf_set(conf, name, value, reason, sizeof reason) != RD_KAFKA_CONF_OK) {
    fprintf(stderr, "%s\n", reason);
    exit(64);
  }
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: limit BROKERS TOPIC [property=value]...\n");
    return 64;
  }
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "enable.idempotence", "true");
  set(conf, "message.timeout.ms", "0");
  set(conf, "linger.ms", "0");
  for (int i = 3; i < argc; i++) {
    char *equals = strchr(argv[i], '=');
    if (!equals) return 64;
    *equals = 0;
    set(conf, argv[i], equals + 1);
  }
  rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  char reason[512];
  rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof reason);
  if (!client) {
    fprintf(stderr, "%s\n", reason);
    return 78;
  }
  rd_kafka_queue_t *events = rd_kafka_queue_get_main(client);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(client, argv[2], NULL);

  int descriptors[FILES];
  for (int i = 0; i < FILES; i++) descriptors[i] = open(files[i], O_RDONLY | O_CLOEXEC);
  static char buffer[65536];
  char record[250];
  memset(record, 'x', sizeof record);

  struct timespec next;
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (;;) {
    next.tv_sec++;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL) != 0) {}
    for (int i = 0; i < FILES; i++)
      if (descriptors[i] >= 0 && pread(descriptors[i], buffer, sizeof buffer, 0) < 0) descriptors[i] = -1;
    rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, record, sizeof record, "web-1", 5, NULL);
    rd_kafka_event_t *event;
    while ((event = rd_kafka_queue_poll(events, 0))) rd_kafka_event_destroy(event);
  }
}
