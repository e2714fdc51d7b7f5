// A peer that is measured, no part of the toolkit: many streamed answers, 64 at
// a time, by the official Node SDK, which is looked for in $NODE_PEER. Takes the
// number of requests, prints that of the answers.
import { createRequire } from "node:module";

const OpenAI = createRequire(`${process.env.NODE_PEER}/`)("openai").OpenAI;
const client = new OpenAI({
  baseURL: process.env.SUPAI_BASE_URL,
  apiKey: process.env.SUPAI_API_KEY,
});
let left = Number(process.argv[2]);
let answers = 0;
async function work() {
  while (left-- > 0) {
    const stream = await client.chat.completions.create({
      model: "auto",
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: "user", content: `Say ${left}` }],
    });
    let text = "";
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta?.content ?? "";
    }
    answers += text !== "";
  }
}
await Promise.all(Array.from({ length: 64 }, work));
console.log(answers);
