// A peer that is measured, no part of the toolkit: one streamed answer by the
// official Node SDK, which is looked for in $NODE_PEER.
import { createRequire } from "node:module";

const OpenAI = createRequire(`${process.env.NODE_PEER}/`)("openai").OpenAI;
const client = new OpenAI({
  baseURL: process.env.SUPAI_BASE_URL,
  apiKey: process.env.SUPAI_API_KEY,
});
const stream = await client.chat.completions.create({
  model: "auto",
  stream: true,
  messages: [{ role: "user", content: "hi" }],
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
process.stdout.write("\n");
