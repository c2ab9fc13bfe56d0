// Java's clients: HttpURLConnection, which sends a POST a second time by itself, and java.net.http.HttpClient.
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

public class Client {
    static final URI TARGET = URI.create(System.getenv("DD_URL") + "/api/v2/prodlytics");
    static final String KEY = System.getenv("DD_API_KEY");
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        for (String name : List.of("cart.opened", "order.placed", "payment.processed")) {
            String event = "{\"type\":\"server\",\"application\":{\"id\":\"app-1\"},\"event\":{\"name\":\"" + name
                    + "\"},\"usr\":{\"id\":\"u1\"}}";
            try {
                int status = arguments[0].equals("HttpClient") ? modern(event) : classic(event);
                if (status == 401 || status == 403) {
                    return;
                }
            } catch (IOException error) {
                System.err.println(error);
            }
        }
    }

    static int classic(String event) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) TARGET.toURL().openConnection();
        connection.setRequestMethod("POST");
        connection.setReadTimeout(5000);
        connection.setDoOutput(true);
        connection.setRequestProperty("DD-API-KEY", KEY);
        connection.setRequestProperty("Content-Type", "application/json");
        connection.getOutputStream().write(event.getBytes(StandardCharsets.UTF_8));
        int status = connection.getResponseCode();
        try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            if (body != null) {
                body.readAllBytes();
            }
        }
        return status;
    }

    static int modern(String event) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(TARGET).timeout(Duration.ofSeconds(5))
                .header("DD-API-KEY", KEY).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(event)).build();
        return CLIENT.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
    }
}
