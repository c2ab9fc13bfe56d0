# Ruby's clients: Net::HTTP in a loop that is often written, and Faraday with its own retries.
require "json"
require "net/http"
require "uri"

TARGET = URI("#{ENV.fetch("DD_URL")}/api/v2/prodlytics")
HEADERS = {"DD-API-KEY" => ENV.fetch("DD_API_KEY"), "Content-Type" => "application/json"}.freeze
BODIES = %w[cart.opened order.placed payment.processed].map do |name|
  JSON.generate(type: "server", application: {id: "app-1"}, event: {name: name}, usr: {id: "u1"})
end

# Retries whatever goes wrong, three times.
def net_http
  Net::HTTP.start(TARGET.host, TARGET.port, read_timeout: 5) do |http|
    each_body do |body|
      attempts = 0
      begin
        http.post(TARGET.path, body, HEADERS).value
      rescue StandardError
        raise if attempts == 3
        sleep 2**attempts
        attempts += 1
        retry
      end
    end
  end
end

# Retries what may be retried, waits as it was told, else longer each time and by a random part more.
def faraday
  require "date" # Faraday 1.1 reads Retry-After by DateTime, and does not load it
  require "faraday"
  retrying = {
    max: 4, interval: 0.3, interval_randomness: 0.5, backoff_factor: 2, max_interval: 10, methods: [:post],
    retry_statuses: [408, 429, 500, 502, 503, 504],
    exceptions: [*Faraday::Request::Retry::DEFAULT_EXCEPTIONS, Faraday::ConnectionFailed]
  }
  connection = Faraday.new(request: {timeout: 5}) do |each|
    each.request :retry, retrying
    each.adapter :net_http
  end
  each_body { |body| connection.post(TARGET, body, HEADERS).status }
end

# Sends each event, whatever became of the one before, until the credential is refused.
def each_body
  BODIES.each do |body|
    break if [401, 403].include?(yield(body))
  rescue StandardError => error
    warn error.message
  end
end

ARGV.first == "faraday" ? faraday : net_http
