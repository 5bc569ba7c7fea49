import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { Endpoint as StoredEndpoint } from '../../compute/models/index.js';
import { EndpointProtocol, ImageLayout, OutputKind } from './enums.js';

@ObjectType({ description: 'Where a model answers over HTTP. Its authorization is never shown.' })
export class Endpoint {
  constructor(private readonly endpoint: StoredEndpoint) {}

  @Field(() => String, { description: 'Address that images are posted to, without its query, which may hold a key.' })
  get url(): string {
    const { origin, pathname } = new URL(this.endpoint.url);
    return `${origin}${pathname}`;
  }

  @Field(() => EndpointProtocol, { description: 'How images and answers travel.' })
  get protocol(): StoredEndpoint['protocol'] {
    return this.endpoint.protocol;
  }

  @Field(() => OutputKind, { description: 'What the answers are.' })
  get answers(): OutputKind {
    return this.endpoint.answers;
  }

  @Field(() => ImageLayout, { description: 'Order of the axes of an image.' })
  get layout(): StoredEndpoint['layout'] {
    return this.endpoint.layout;
  }

  @Field(() => Int, { description: 'Most images in a request.' })
  get batchSize(): number {
    return this.endpoint.batchSize;
  }

  @Field(() => Float, { description: 'How long the whole of an answer may take.' })
  get timeoutSeconds(): number {
    return this.endpoint.timeoutSeconds;
  }

  @Field(() => Int, { description: 'How often a request is sent again that failed in a way that may pass.' })
  get retries(): number {
    return this.endpoint.retries;
  }

  @Field(() => Int, { nullable: true, description: 'Most requests a second from each process that evaluates; null: no limit.' })
  get requestsPerSecond(): number | null {
    return this.endpoint.requestsPerSecond ?? null;
  }
}
