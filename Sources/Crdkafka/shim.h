#ifndef STATUSD_CRDKAFKA_SHIM_H
#define STATUSD_CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <string.h>

// rd_kafka_producev is variadic, which Swift doesn't import. A timestamp of 0 means now.
static inline rd_kafka_resp_err_t statusd_produce(rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition,
                                                  const void *key, size_t key_length, const void *value,
                                                  size_t value_length, int64_t timestamp, void *token) {
  return rd_kafka_producev(client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_length),
                           RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_TIMESTAMP(timestamp),
                           RD_KAFKA_V_OPAQUE(token), RD_KAFKA_V_END);
}

// The generation of a group's metadata, which only their serialized form tells: a magic word, then the number. INT32_MIN:
// not known, the form is another one.
static inline int32_t statusd_generation(const rd_kafka_consumer_group_metadata_t *metadata) {
  void *bytes = NULL;
  size_t size = 0;
  int32_t generation = INT32_MIN;
  rd_kafka_error_t *error = rd_kafka_consumer_group_metadata_write(metadata, &bytes, &size);
  if (error) {
    rd_kafka_error_destroy(error);
    return generation;
  }
  if (size >= 11 && memcmp(bytes, "CGMDv2:", 7) == 0) memcpy(&generation, (const char *)bytes + 7, 4);
  rd_kafka_mem_free(NULL, bytes);
  return generation;
}

#endif
