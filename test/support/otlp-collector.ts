import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';

const REQUEST = protobuf
  .parse(
    `syntax = "proto3";
     message Request { repeated ResourceSpans resource_spans = 1; }
     message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
     message Resource { repeated KeyValue attributes = 1; }
     message ScopeSpans { repeated Span spans = 2; }
     message Span { bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; repeated KeyValue attributes = 9; }
     message KeyValue { string key = 1; Value value = 2; }
     message Value { string string_value = 1; }`,
  )
  .root.lookupType('Request');

/** A span as it came. */
export interface SeenSpan {
  trace: string;
  id: string;
  parent: string;
  name: string;
}

interface Decoded {
  resourceSpans: { scopeSpans: { spans: { traceId: string; spanId: string; parentSpanId: string; name: string }[] }[] }[];
}

/** Takes spans by OTLP over HTTP. */
export const startOtlpCollector = async () => {
  const spans: SeenSpan[] = [];
  let bytes = '';
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      bytes += body.toString('latin1');
      const options = { bytes: String, defaults: true, arrays: true };
      const decoded = REQUEST.toObject(REQUEST.decode(body), options) as Decoded;
      const hex = (text: string): string => Buffer.from(text, 'base64').toString('hex');
      for (const span of decoded.resourceSpans.flatMap((one) => one.scopeSpans.flatMap((scope) => scope.spans)))
        spans.push({ trace: hex(span.traceId), id: hex(span.spanId), parent: hex(span.parentSpanId), name: span.name });
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/traces`,
    spans,
    /** All that came, as it came. */
    bytes: () => bytes,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
