import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { AwsError } from '../aws-error.js';
import type { BufferedAnswer } from './faulted-answer.js';
import { sendAnswer } from './faulted-answer.js';
import type { Identity } from './identify.js';

/** The answer to a JSON 1.1 call with its result. */
export function jsonAnswer(result: unknown): BufferedAnswer {
  return buffered(200, 'application/x-amz-json-1.1', JSON.stringify(result));
}

/** The answer to a query call: `result` is the XML inside `<OperationResult>`. */
export function queryAnswer(operation: string, namespace: string, result: string): BufferedAnswer {
  const id = randomUUID();
  return buffered(
    200,
    'text/xml',
    `<${operation}Response xmlns="${namespace}"><${operation}Result>${result}</${operation}Result>` +
      `<ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></${operation}Response>`,
    id,
  );
}

/**
 * Answers with an error in the protocol of the call.
 *
 * The four shapes are those of the Smithy documents on AWS JSON 1.1, AWS query, EC2 query and
 * REST-XML/REST-JSON.
 */
export function answerError(response: ServerResponse, identity: Identity, error: AwsError): void {
  const id = randomUUID();
  const fault = error.httpStatus >= 500 ? 'Receiver' : 'Sender';
  const code = escapeXml(error.code);
  const message = escapeXml(error.message);
  switch (identity.protocol) {
    case 'json': {
      const body = { __type: error.code, message: error.message, ...error.fields };
      send(response, error.httpStatus, 'application/x-amz-json-1.1', JSON.stringify(body), id);
      return;
    }
    case 'query':
      send(
        response,
        error.httpStatus,
        'text/xml',
        `<ErrorResponse><Error><Type>${fault}</Type><Code>${code}</Code>` +
          `<Message>${message}</Message></Error><RequestId>${id}</RequestId></ErrorResponse>`,
        id,
      );
      return;
    case 'ec2':
      send(
        response,
        error.httpStatus,
        'text/xml',
        `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error>` +
          `</Errors><RequestID>${id}</RequestID></Response>`,
        id,
      );
      return;
    case 'rest': {
      if (identity.service === 's3') {
        const xml =
          `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code>` +
          `<Message>${message}</Message><RequestId>${id}</RequestId></Error>`;
        send(response, error.httpStatus, 'application/xml', xml, id);
        return;
      }
      if (identity.service === 'route53' || identity.service === 'cloudfront') {
        const xml =
          `<ErrorResponse><Error><Type>${fault}</Type><Code>${code}</Code>` +
          `<Message>${message}</Message></Error><RequestId>${id}</RequestId></ErrorResponse>`;
        send(response, error.httpStatus, 'text/xml', xml, id);
        return;
      }
      response.setHeader('x-amzn-errortype', error.code);
      const body = { message: error.message, ...error.fields };
      send(response, error.httpStatus, 'application/json', JSON.stringify(body), id);
    }
  }
}

/** Answers with plain JSON, for the control interface. */
export function answerControl(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(body)}\n`);
}

/** Makes text safe inside an XML element. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function buffered(
  status: number,
  contentType: string,
  text: string,
  requestId: string = randomUUID(),
): BufferedAnswer {
  const body = Buffer.from(text);
  const length = String(body.length);
  const headers = { 'content-type': contentType, 'content-length': length };
  return { status, headers: { ...headers, 'x-amzn-requestid': requestId }, body };
}

function send(response: ServerResponse, ...answer: Parameters<typeof buffered>): void {
  sendAnswer(response, buffered(...answer));
}
