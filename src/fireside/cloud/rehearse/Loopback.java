import java.lang.reflect.Field;

/**
 * Starts DynamoDB Local on 127.0.0.1: by itself it listens on every address, without a key, and it
 * has no option for that.
 *
 * <p>Compile it with {@code javac -g:none --release 17 Loopback.java}, and commit Loopback.class
 * too: those who rehearse need no compiler. It finds what it needs by name, so that DynamoDB Local
 * need not be there to compile it.
 */
final class Loopback {
  private static final String RUNNER = "software.amazon.dynamodb.services.local.main.ServerRunner";

  public static void main(String[] arguments) throws Exception {
    Object dynamodb =
        Class.forName(RUNNER)
            .getMethod("createServerFromCommandLineArgs", String[].class)
            .invoke(null, (Object) arguments);
    Field field = dynamodb.getClass().getDeclaredField("server");
    field.setAccessible(true);
    Object jetty = field.get(dynamodb);
    Object connectors = jetty.getClass().getMethod("getConnectors").invoke(jetty);
    for (Object connector : (Object[]) connectors) {
      connector.getClass().getMethod("setHost", String.class).invoke(connector, "127.0.0.1");
    }
    dynamodb.getClass().getMethod("start").invoke(dynamodb);
  }
}
