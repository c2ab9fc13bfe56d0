//! Rust's clients: reqwest with the middleware of reqwest-retry as its page has it, and reqwest in a loop by backon that
//! waits as it was told.
use std::env;
use std::time::{Duration, SystemTime};

use backon::{ExponentialBuilder, Retryable};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Response};
use reqwest_middleware::ClientBuilder;
use reqwest_retry::{RetryTransientMiddleware, policies::ExponentialBackoff};
use serde_json::{Value, json};

const RETRIED: [u16; 6] = [408, 429, 500, 502, 503, 504];

/// Without a status, the connection was lost.
#[derive(Default)]
struct Failure {
    status: Option<u16>,
    told: Option<Duration>,
}

fn url() -> String {
    format!("{}/api/v2/prodlytics", env::var("DD_URL").unwrap())
}

fn key() -> String {
    env::var("DD_API_KEY").unwrap()
}

/// What a response tells to wait, which may be a date.
fn told(response: &Response) -> Option<Duration> {
    let text = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => Some(httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::now()).unwrap_or_default()),
    }
}

async fn attempt(client: &Client, event: &Value) -> Result<(), Failure> {
    let sent = client.post(url()).header("DD-API-KEY", key()).json(event).send().await;
    match sent {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) => Err(Failure { status: Some(response.status().as_u16()), told: told(&response) }),
        Err(_) => Err(Failure::default()),
    }
}

/// The status of the last failure, if there was one.
async fn told_loop(client: &Client, event: &Value) -> Option<u16> {
    let growing = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(300))
        .with_max_delay(Duration::from_secs(2))
        .with_max_times(5)
        .with_jitter();
    let sent = (|| attempt(client, event))
        .retry(growing)
        .when(|failure: &Failure| failure.status.is_none_or(|status| RETRIED.contains(&status)))
        .adjust(|failure: &Failure, delay| delay.map(|growing| failure.told.unwrap_or(growing)))
        .await;
    sent.err().and_then(|failure| failure.status)
}

async fn middleware(client: &Client, event: &Value) -> Option<u16> {
    let policy = ExponentialBackoff::builder().build_with_max_retries(3);
    let retrying = ClientBuilder::new(client.clone()).with(RetryTransientMiddleware::new_with_policy(policy)).build();
    let sent = retrying.post(url()).header("DD-API-KEY", key()).json(event).send().await;
    sent.ok().map(|response| response.status().as_u16())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let name = env::args().nth(1).unwrap();
    let client = Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
    for event in ["cart.opened", "order.placed", "payment.processed"] {
        let event = json!({
            "type": "server", "application": {"id": "app-1"}, "event": {"name": event}, "usr": {"id": "u1"}
        });
        let status = match name.as_str() {
            "reqwest-retry" => middleware(&client, &event).await,
            _ => told_loop(&client, &event).await,
        };
        if matches!(status, Some(401 | 403)) {
            return;
        }
    }
}
