// A servlet in Tomcat, which says which mapping was taken and which path it saw. Spec: ../echo.ts.
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.catalina.Context;
import org.apache.catalina.Lifecycle;
import org.apache.catalina.Wrapper;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.core.StandardContext;
import org.apache.catalina.startup.Tomcat;

public final class TomcatEcho {
  static final String[] ROUTES = {
    "/a/b", "/admin", "/r.git/info/refs", "/r.git/info/lfs/objects/batch", "/other/team"
  };

  static final class Echo extends HttpServlet {
    final String route;

    Echo(String route) {
      this.route = route;
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
      String info = request.getPathInfo() == null ? "" : request.getPathInfo();
      StringBuilder text = new StringBuilder("echo " + route);
      for (String view : new String[] {request.getServletPath() + info, request.getRequestURI()}) {
        byte[] bytes = view.getBytes(StandardCharsets.UTF_8);
        text.append("\nb64 ").append(Base64.getEncoder().encodeToString(bytes));
      }
      response.setContentType("text/plain");
      response.getOutputStream().write(text.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  /** ADDRESS DECODING-PORT PASSING-PORT FOLDER: what becomes of encoded slashes tells the ports apart. */
  public static void main(String[] args) throws Exception {
    Tomcat tomcat = new Tomcat();
    tomcat.setBaseDir(args[3]);
    listen(tomcat, args[0], args[1], "decode");
    listen(tomcat, args[0], args[2], "passthrough");
    Context context = new StandardContext();
    context.setPath("");
    context.setDocBase(args[3]);
    // Not `addContext`, which looks for annotations that are in a library of their own.
    context.addLifecycleListener(
        event -> {
          if (event.getType().equals(Lifecycle.CONFIGURE_START_EVENT)) context.setConfigured(true);
        });
    tomcat.getHost().addChild(context);
    for (String route : ROUTES) {
      Wrapper wrapper = Tomcat.addServlet(context, route, new Echo(route));
      for (String prefix : new String[] {"", "/p"}) wrapper.addMapping(prefix + route);
    }
    Tomcat.addServlet(context, "rest", new Echo("*")).addMapping("/*");
    tomcat.start();
    tomcat.getServer().await();
  }

  static void listen(Tomcat tomcat, String address, String port, String slashes) {
    Connector connector = new Connector();
    connector.setProperty("address", address);
    connector.setPort(Integer.parseInt(port));
    connector.setEncodedSolidusHandling(slashes);
    connector.setEncodedReverseSolidusHandling(slashes);
    connector.setAllowBackslash(true);
    connector.setProperty("relaxedPathChars", "\"<>[\\]^`{|}");
    tomcat.getService().addConnector(connector);
  }
}
