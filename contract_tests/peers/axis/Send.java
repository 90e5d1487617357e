// Apache Axis 1.4: the Java stack that reads rpc/encoded WSDLs. The stubs in `gateway` are generated:
//   java -cp $AXIS org.apache.axis.wsdl.WSDL2Java -o gen -p gateway WSDL_URL
//   javac -cp $AXIS:gen -d out Send.java gen/gateway/*.java
//   java -cp $AXIS:out Send ENDPOINT

import gateway.WebserviceLocator;
import gateway.WebservicePortType;
import java.net.URL;

public class Send {
  public static void main(String[] arguments) throws Exception {
    WebservicePortType port =
        new WebserviceLocator().getwebservicePort(new URL(arguments[0]));
    String accepted =
        port.enviar_mensaje("demo", "demo", "525512345678", "Hola ñandú, adiós", "ref-1");
    String messageId = accepted.split("\\|")[1];
    System.out.println(accepted);
    System.out.println(port.estatus_mensaje("demo", "demo", messageId));
    System.out.println(port.enviar_mensaje("demo", "wrong", "525512345678", "Hola", ""));
  }
}
