import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Prints each alert that begins to fire, and each that is over: java -cp 'libs/*' Reader.java [BROKERS [TOPIC [GROUP]]] */
public class Reader {
  public static void main(String[] arguments) throws Exception {
    var settings = new Properties();
    settings.put("bootstrap.servers", arguments.length > 0 ? arguments[0] : "localhost:9092");
    settings.put("group.id", arguments.length > 2 ? arguments[2] : "alerts-reader");
    // The first start begins with the oldest alert that the topic has.
    settings.put("auto.offset.reset", "earliest");
    settings.put("enable.auto.commit", "false");
    // Kafka's default shows records of open and aborted transactions, too.
    settings.put("isolation.level", "read_committed");
    var json = new ObjectMapper();
    try (var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(arguments.length > 1 ? arguments[1] : "alerts"));
      while (true) {
        for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
          if (record.value() != null) print(json.readTree(record.value()));
        }
        // A reader that is killed before this line sees the same alerts again, with the same ids.
        consumer.commitSync();
      }
    }
  }

  private static void print(JsonNode alert) {
    System.out.printf(
        "%s %s %s %s: %s is %s, limit %s, since %s%n",
        alert.path("status").asText(), alert.path("severity").asText(), alert.path("rule").asText(),
        alert.path("host").asText(), alert.path("metric").asText(), alert.path("value").asText(),
        alert.path("threshold").asText(), alert.path("since").asText());
  }
}
