import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.node.InternalSettingsPreparer;
import org.elasticsearch.node.Node;
import org.elasticsearch.transport.Netty4Plugin;

/** One Elasticsearch node in this process: arguments are its folder and its port. It ends when standard input does. */
public class StartElasticsearch {
  static class OneNode extends Node {
    OneNode(Settings settings) {
      super(InternalSettingsPreparer.prepareEnvironment(settings, Collections.emptyMap(), null, () -> "one"), List.of(Netty4Plugin.class), false);
    }
  }

  public static void main(String[] arguments) throws Exception {
    Settings settings = Settings.builder()
      .put("path.home", arguments[0])
      .put("http.port", arguments[1])
      .put("transport.port", "0")
      .put("network.host", "127.0.0.1")
      .put("discovery.type", "single-node")
      .put("cluster.name", "opsc-test")
      .build();
    try (Node node = new OneNode(settings).start()) {
      System.out.println("ready");
      while (System.in.read() >= 0) {}
    }
  }
}
