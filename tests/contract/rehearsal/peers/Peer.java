// A small client over SOAP, with the JDK alone: right or with one mistake.
// usage: java Peer.java MISTAKE NUMBER TEXT
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

public class Peer {
    static final String SOAP = "http://schemas.xmlsoap.org/wsdl/soap/";

    public static void main(String[] arguments) throws Exception {
        String mistake = arguments[0];
        String reply;
        try {
            reply = send(arguments[1], arguments[2]);
            if (mistake.equals("sends twice to be sure")) {
                reply = send(arguments[1], arguments[2]);
            }
        } catch (Exception error) {
            if (mistake.equals("catches nothing")) {
                throw error;
            }
            System.err.println("outcome unknown");
            System.exit(3);
            return;
        }
        if (!reply.matches("\\d{3}(\\|\\S+)?")) {
            System.err.println("outcome unknown");
            System.exit(3);
        }
        boolean accepted = reply.startsWith("100");
        (accepted ? System.out : System.err).println(accepted ? "accepted" : "refused; try again later");
        System.exit(accepted ? 0 : 1);
    }

    static String send(String number, String text) throws Exception {
        Document wsdl = parse(URI.create(System.getenv("CONVERGIA_WSDL_URL")).toURL().openStream());
        String address = ((Element) wsdl.getElementsByTagNameNS(SOAP, "address").item(0)).getAttribute("location");
        String namespace = wsdl.getDocumentElement().getAttribute("targetNamespace");
        String envelope = ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
            + "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>"
            + "<m:enviar_mensaje xmlns:m=\"%s\"><username>%s</username><password>%s</password>"
            + "<number>%s</number><message>%s</message><extra></extra></m:enviar_mensaje>"
            + "</e:Body></e:Envelope>").formatted(
                namespace, System.getenv("CONVERGIA_USERNAME"), System.getenv("CONVERGIA_PASSWORD"),
                number, text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"));
        HttpURLConnection connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
        connection.setConnectTimeout(2000);
        connection.setReadTimeout(2000);
        connection.setRequestProperty("Content-Type", "text/xml; charset=UTF-8");
        connection.setRequestProperty("SOAPAction", namespace + "#enviar_mensaje");
        connection.setDoOutput(true);
        byte[] body = envelope.getBytes(StandardCharsets.UTF_8);
        connection.setFixedLengthStreamingMode(body.length);
        connection.getOutputStream().write(body);
        if (connection.getResponseCode() != 200) {
            throw new IOException("HTTP " + connection.getResponseCode());
        }
        return parse(connection.getInputStream()).getElementsByTagName("return").item(0).getTextContent();
    }

    static Document parse(InputStream xml) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        return factory.newDocumentBuilder().parse(xml);
    }
}
