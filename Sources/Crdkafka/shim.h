#ifndef STATUSD_CRDKAFKA_SHIM_H
#define STATUSD_CRDKAFKA_SHIM_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

// rd_kafka_producev is variadic, which Swift doesn't import. A timestamp of 0 means now.
static inline rd_kafka_resp_err_t statusd_produce(rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition,
                                                  const void *key, size_t key_length, const void *value,
                                                  size_t value_length, int64_t timestamp, void *token) {
  return rd_kafka_producev(client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition),
                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key, key_length),
                           RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_TIMESTAMP(timestamp),
                           RD_KAFKA_V_OPAQUE(token), RD_KAFKA_V_END);
}

#endif
