// The JDK alone calls operations other than send and status, by plain envelopes over HttpClient.
// usage: java Operations.java WSDL_URL
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

public class Operations {
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        String address = arguments[0].replace("?wsdl", "");
        Document balance = call(address, "ConsultaSaldo",
            "<username>demo</username><password>demo</password>");
        Document refused = call(address, "ConsultaSaldo",
            "<username>demo</username><password>otra</password>");
        Document order = call(address, "eco_pedido",
            "<valor><folio>7</folio><cliente>Peña &amp; Cía</cliente><urgente>true</urgente>"
            + "<fecha>2026-01-31</fecha><importe>10.50</importe></valor>");
        System.out.printf("{\"balance\": \"%s\", \"refused\": \"%s\", \"folio\": %s, \"cliente\": \"%s\","
            + " \"urgente\": %s, \"fecha\": \"%s\", \"importe\": \"%s\"}%n",
            text(balance, "return"), text(refused, "faultstring"), text(order, "folio"),
            text(order, "cliente"), text(order, "urgente"), text(order, "fecha"),
            text(order, "importe"));
    }

    static Document call(String address, String operation, String inside) throws Exception {
        String envelope = "<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body>"
            + "<n:" + operation + " xmlns:n=\"urn:operaciones\">" + inside + "</n:" + operation
            + "></e:Body></e:Envelope>";
        HttpRequest request = HttpRequest.newBuilder(URI.create(address))
            .header("Content-Type", "text/xml; charset=UTF-8")
            .header("SOAPAction", "urn:operaciones#" + operation)
            .POST(HttpRequest.BodyPublishers.ofString(envelope, StandardCharsets.UTF_8))
            .build();
        byte[] body = CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray()).body();
        return DocumentBuilderFactory.newInstance().newDocumentBuilder()
            .parse(new ByteArrayInputStream(body));
    }

    static String text(Document document, String name) {
        NodeList found = document.getElementsByTagName(name);
        return found.item(0).getTextContent();
    }
}
