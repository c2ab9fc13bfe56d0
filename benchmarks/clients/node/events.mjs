// What every client sends: three events to Datadog Product Analytics.
export const url = `${process.env.DD_URL}/api/v2/prodlytics`;
export const headers = { "DD-API-KEY": process.env.DD_API_KEY, "Content-Type": "application/json" };
export const events = ["cart.opened", "order.placed", "payment.processed"].map((name) => ({
  type: "server",
  application: { id: "app-1" },
  event: { name },
  usr: { id: "u1" },
}));
