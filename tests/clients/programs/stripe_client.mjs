// A shop's calls with stripe-node; prints what came of them as JSON.
// node stripe_client.mjs <folder of the package> <host> <port> <key>
import { createRequire } from "node:module";

const [folder, host, port, key] = process.argv.slice(2);
const Stripe = createRequire(import.meta.url)(folder);
const stripe = new (Stripe.default ?? Stripe)(key, { host, port, protocol: "http", telemetry: false });
const found = {};

const customer = await stripe.customers.create({ name: "Röse & Co", metadata: { row: "7" }, address: { line1: "1" } });
found.name = customer.name;
await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
const methods = await stripe.customers.listPaymentMethods(customer.id);
const intent = await stripe.paymentIntents.create({
  amount: 2000,
  currency: "usd",
  customer: customer.id,
  payment_method: methods.data[0].id,
  confirm: true,
  automatic_payment_methods: { enabled: true, allow_redirects: "never" },
  expand: ["latest_charge.balance_transaction"],
});
found.paid = [intent.status, intent.latest_charge.balance_transaction.fee];
try {
  await stripe.charges.create({ amount: 500, currency: "usd", source: "tok_chargeDeclinedProcessingError" });
} catch (error) {
  found.declined = [error.type, error.code, error.statusCode, typeof error.requestId];
}
try {
  await stripe.customers.retrieve("cus_nobody");
} catch (error) {
  found.missing = [error.type, error.code, error.param];
}
const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 700 });
found.refund = [refund.status, refund.amount];
for (let number = 0; number < 5; number++) await stripe.products.create({ name: `p${number}` });
found.products = [];
for await (const product of stripe.products.list({ limit: 2 })) found.products.push(product.name);
const options = { idempotencyKey: "k" };
const first = await stripe.prices.create({ currency: "usd", unit_amount: 5, product_data: { name: "x" } }, options);
const again = await stripe.prices.create({ currency: "usd", unit_amount: 5, product_data: { name: "x" } }, options);
found.replayed = [first.id === again.id, again.lastResponse.headers["idempotent-replayed"]];
found.amount = first.unit_amount_decimal?.toString();
console.log(JSON.stringify(found));
