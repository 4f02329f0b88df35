import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.List;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.main.ServerRunner;
import software.amazon.dynamodb.services.local.server.DynamoDBProxyServer;

/**
 * Stands in for the Java agent with which LocalStack starts DynamoDB Local (and which lifts its limit of 20 indexes). DynamoDB Local would
 * listen on every address and has no option against it: this starts it on the loopback address, and its own main never runs.
 */
public class LoopbackAgent {
  public static void premain(String ignored) throws Exception {
    String[] all = ProcessHandle.current().info().arguments().orElseThrow();
    int jar = List.of(all).indexOf("-jar");
    DynamoDBProxyServer proxy = ServerRunner.createServerFromCommandLineArgs(Arrays.copyOfRange(all, jar + 2, all.length));
    Field field = DynamoDBProxyServer.class.getDeclaredField("server");
    field.setAccessible(true);
    for (Connector connector : ((Server) field.get(proxy)).getConnectors()) ((ServerConnector) connector).setHost("127.0.0.1");
    proxy.start();
    proxy.join();
  }
}
