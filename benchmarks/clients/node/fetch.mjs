// Node's fetch, which retries nothing by itself.
import { events, headers, url } from "./events.mjs";

for (const event of events) {
  try {
    const options = { method: "POST", headers, body: JSON.stringify(event), signal: AbortSignal.timeout(5000) };
    const response = await fetch(url, options);
    await response.text();
    if ([401, 403].includes(response.status)) break;
  } catch (error) {
    console.error(String(error.cause ?? error));
  }
}
