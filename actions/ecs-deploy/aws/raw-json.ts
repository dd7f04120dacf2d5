import type {
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { JsonObject } from '../model.js';

// The SDK writes and reads only the fields of its own model, and so drops what a newer ECS knows.
// These send and receive a body as it is; signing, retries and endpoints stay the SDK's.

/** Replaces the request's body, before its length is set and it is signed. */
export function sendRawJson(command: RegisterTaskDefinitionCommand, body: JsonObject): void {
  command.middlewareStack.add(withBody(body), { ...beforeSigning });
}

/** The same for an update of a service, whose deployment configuration must be sent whole. */
export function sendRawUpdate(command: UpdateServiceCommand, body: JsonObject): void {
  command.middlewareStack.add(withBody(body), { ...beforeSigning });
}

const beforeSigning = { step: 'build', priority: 'high', name: 'sendRawJson' } as const;

function withBody(body: JsonObject) {
  return <Args extends { readonly request: unknown }, Answer>(
      next: (args: Args) => Promise<Answer>,
    ) =>
    (args: Args): Promise<Answer> => {
      const request = args.request as { body: unknown; headers: Record<string, string> };
      request.body = JSON.stringify(body);
      for (const name of Object.keys(request.headers)) {
        if (name.toLowerCase() === 'content-length') Reflect.deleteProperty(request.headers, name);
      }
      return next(args);
    };
}

/** Returns a function that gives the answer's body; errors are left to the SDK. */
export function receiveRawJson(command: DescribeTaskDefinitionCommand): () => JsonObject {
  let body: JsonObject = {};
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const response = result.response as { statusCode: number; body: unknown };
      const bytes = await collect(response.body);
      response.body = bytes;
      if (response.statusCode < 300) {
        body = JSON.parse(new TextDecoder().decode(bytes)) as JsonObject;
      }
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'receiveRawJson' },
  );
  return () => body;
}

async function collect(body: unknown): Promise<Uint8Array> {
  if (body instanceof Uint8Array) return body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}
