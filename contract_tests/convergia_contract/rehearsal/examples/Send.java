// Send one SMS through Convergia's HTTP API, with the JDK alone (11 or later).
//
//   java Send.java NUMBER TEXT [REFERENCE]
//
// CONVERGIA_BASE_URL, CONVERGIA_USERNAME and CONVERGIA_PASSWORD come from the environment.
// Exit codes: 0 accepted, 1 not sent, 3 outcome unknown (do not send it again by yourself).
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Send {
    static final Set<String> PASSING = Set.of("109", "110", "200", "305", "306");
    // "100|MESSAGE-ID" when it was accepted, else a code of the guide.
    static final Pattern REPLY = Pattern.compile("\\s*(\\d{3})(?:\\|(\\S+))?\\s*");

    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length < 2) {
            finish(2, "usage: java Send.java NUMBER TEXT [REFERENCE]");
        }
        // The JDK sends a GET again by itself when a connection breaks. A send must go out once.
        System.setProperty("jdk.httpclient.enableAllMethodRetry", "false");
        System.setProperty("jdk.httpclient.disableRetryConnect", "true");
        System.setProperty("jdk.httpclient.redirects.retrylimit", "1");
        String query = "username=" + encode(System.getenv("CONVERGIA_USERNAME"))
            + "&password=" + encode(System.getenv("CONVERGIA_PASSWORD"))
            + "&number=" + encode(arguments[0])
            + "&message=" + encode(arguments[1])
            + (arguments.length > 2 ? "&extra=" + encode(arguments[2]) : "");
        HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();
        HttpRequest request = HttpRequest.newBuilder()
            .uri(URI.create(System.getenv("CONVERGIA_BASE_URL") + "/?" + query))
            .build();
        HttpResponse<String> response = null;
        try {
            // HttpRequest.timeout() ends with the headers; this limit is for the whole reply.
            response = client.sendAsync(request, HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8))
                .get(10, TimeUnit.SECONDS);
        } catch (ExecutionException error) {
            if (error.getCause() instanceof ConnectException) {
                finish(1, "not sent: no connection; try again later");
            }
            finish(3, "outcome unknown: no reply that can be read; look in the portal");
        } catch (TimeoutException error) {
            finish(3, "outcome unknown: no reply in time; look in the portal");
        }
        // A byte order mark, blank lines or a PHP warning may stand before the code.
        String body = response.body().replace("\uFEFF", "").strip();
        String last = body.substring(body.lastIndexOf('\n') + 1).strip();
        Matcher parts = REPLY.matcher(last);
        if (response.statusCode() != 200 || !parts.matches()) {
            finish(3, "outcome unknown: the reply has no code; look in the portal");
        }
        String code = parts.group(1);
        if (code.equals("100")) {
            finish(0, "accepted: " + parts.group(2));
        }
        finish(1, "not sent: code " + code + (PASSING.contains(code) ? "; try again later" : ""));
    }

    static String encode(String value) {
        return URLEncoder.encode(value, StandardCharsets.UTF_8);
    }

    static void finish(int exitCode, String line) {
        (exitCode == 0 ? System.out : System.err).println(line);
        System.exit(exitCode);
    }
}
