/**
 * Traces from a request to the parts of the jobs that it starts, for OpenTelemetry. Off unless the environment names a collector: without it every call here does
 * nothing, and nothing but the API is loaded.
 * @module
 */
import { context, propagation, ROOT_CONTEXT, type Attributes, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

const tracer = trace.getTracer('gauntlet');

const TRACEPARENT = 'traceparent';

/** Begins to send traces, by OTLP over HTTP in JSON; address, headers and sampling are those of the standard variables. @returns how to send the rest, and end. */
export async function startTracing({
  enabled,
  serviceName,
  version,
}: {
  enabled: boolean;
  serviceName: string;
  version: string;
}): Promise<() => Promise<void>> {
  if (!enabled) return async () => {};
  const [{ BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { defaultResource, resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const resource = defaultResource().merge(resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }));
  const provider = new NodeTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] });
  provider.register();
  return () => provider.shutdown();
}

/** Where the work at hand belongs, as the header of that name says it; undefined where it is not traced. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier[TRACEPARENT];
}

interface SpanOptions {
  readonly attributes?: Attributes;
  /** What it belongs to, in place of the work at hand: as the header says it, of a request or kept with a job. */
  readonly traceparent?: string | null;
}

const parentOf = ({ traceparent }: SpanOptions) =>
  traceparent === undefined
    ? context.active()
    : propagation.extract(ROOT_CONTEXT, traceparent === null ? {} : { [TRACEPARENT]: traceparent });

/** Runs work in a span of its own, which ends with it. */
export async function traced<Result>(name: string, options: SpanOptions, work: () => Promise<Result>): Promise<Result> {
  return tracer.startActiveSpan(name, { attributes: options.attributes }, parentOf(options), async (span) => {
    try {
      return await work();
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: (error as Error).message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Runs what begins to answer a request in a span that `work` ends. */
export function tracedRequest<Result>(name: string, options: SpanOptions, work: (span: Span) => Result): Result {
  return tracer.startActiveSpan(name, { kind: SpanKind.SERVER, attributes: options.attributes }, parentOf(options), work);
}
