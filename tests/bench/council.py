"""A peer that is measured, no part of the toolkit: a council in forty lines, by the
official Python SDK's async client. Five models are asked at once, streamed; what they
say goes to a sixth, whose answer is printed as it comes. The base URLs are arguments,
the last one is the sixth's."""
import asyncio
import json
import os
import sys

from openai import AsyncOpenAI

question = "Why is the sky blue?"
clients = [AsyncOpenAI(base_url=url, api_key=os.environ["SUPAI_API_KEY"]) for url in sys.argv[1:]]


async def stream(client, messages):
    return await client.chat.completions.create(
        model="auto", stream=True, stream_options={"include_usage": True}, messages=messages)


async def ask(client):
    text = ""
    async for chunk in await stream(client, [{"role": "user", "content": question}]):
        if chunk.choices:
            text += chunk.choices[0].delta.content or ""
    return text


async def main():
    answers = await asyncio.gather(*(ask(client) for client in clients[:-1]))
    drafts = json.dumps([{"answer": chr(65 + i), "text": t} for i, t in enumerate(answers)])
    messages = [{"role": "system", "content": "Answer the question. It ends with drafts, as JSON."},
                {"role": "user", "content": question + "\n\n" + drafts}]
    async for chunk in await stream(clients[-1], messages):
        if chunk.choices and chunk.choices[0].delta.content:
            sys.stdout.write(chunk.choices[0].delta.content)
            sys.stdout.flush()


asyncio.run(main())
