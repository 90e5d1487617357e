// The JDK alone, given only the WSDL's URL: finds address and namespace in the WSDL, then posts plain envelopes.
// Its HttpClient offers HTTP/2 with each request.
// usage: java Peer.java WSDL_URL
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

public class Peer {
    static final String SOAP = "http://schemas.xmlsoap.org/wsdl/soap/";
    static final HttpClient CLIENT = HttpClient.newHttpClient();
    static String address;
    static String namespace;

    public static void main(String[] arguments) throws Exception {
        Document wsdl = parse(URI.create(arguments[0]).toURL().openStream());
        address = ((Element) wsdl.getElementsByTagNameNS(SOAP, "address").item(0)).getAttribute("location");
        namespace = wsdl.getDocumentElement().getAttribute("targetNamespace");

        String accepted = call("enviar_mensaje", "username", "demo", "password", "demo",
            "number", "525512345678", "message", "Hola ñandú, adiós", "extra", "ref-1");
        String status = call("estatus_mensaje", "username", "demo", "password", "demo",
            "messageid", accepted.split("\\|")[1]);
        String refused = call("enviar_mensaje", "username", "demo", "password", "wrong",
            "number", "525512345678", "message", "Hola", "extra", "");
        System.out.printf("{\"accepted\": \"%s\", \"status\": \"%s\", \"refused\": \"%s\"}%n",
            accepted, status, refused);
    }

    static String call(String operation, String... parts) throws Exception {
        StringBuilder body = new StringBuilder();
        for (int i = 0; i < parts.length; i += 2) {
            body.append("<%1$s>%2$s</%1$s>".formatted(parts[i], parts[i + 1]));
        }
        String envelope = ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
            + "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\">"
            + "<soapenv:Body><m:%1$s xmlns:m=\"%2$s\">%3$s</m:%1$s></soapenv:Body>"
            + "</soapenv:Envelope>").formatted(operation, namespace, body);
        HttpRequest request = HttpRequest.newBuilder(URI.create(address))
            .header("Content-Type", "text/xml; charset=UTF-8")
            .header("SOAPAction", namespace + "#" + operation)
            .POST(HttpRequest.BodyPublishers.ofString(envelope, StandardCharsets.UTF_8))
            .build();
        HttpResponse<InputStream> response =
            CLIENT.send(request, HttpResponse.BodyHandlers.ofInputStream());
        return parse(response.body()).getElementsByTagName("return").item(0).getTextContent();
    }

    static Document parse(InputStream xml) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        return factory.newDocumentBuilder().parse(xml);
    }
}
