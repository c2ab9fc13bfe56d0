// got with its own retries, allowed for POST.
import got from "got";
import { events, headers, url } from "./events.mjs";

const retry = { limit: 5, methods: ["POST"] };
for (const json of events) {
  try {
    await got.post(url, { json, headers, retry, timeout: { request: 5000 } });
  } catch (error) {
    console.error(String(error));
    if ([401, 403].includes(error.response?.statusCode)) break;
  }
}
