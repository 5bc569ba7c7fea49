import { Field, Float, InputType, Int } from 'type-graphql';
import { EndpointProtocol, ImageLayout, OutputKind } from './enums.js';

@InputType({
  description:
    'Where a model answers over HTTP, by POST. The server sends images as `spec` says that the network takes them, follows no redirects, and calls public addresses alone unless its configuration names others.',
})
export class EndpointInput {
  @Field(() => String, { description: 'Address that images are posted to, http or https.' })
  url!: string;

  @Field(() => EndpointProtocol, { defaultValue: EndpointProtocol.JSON, description: 'How images and answers travel.' })
  protocol!: EndpointProtocol;

  @Field(() => OutputKind, { description: 'What the answers are. With LABELS, only attacks that need decisions work.' })
  answers!: OutputKind;

  @Field(() => ImageLayout, { defaultValue: ImageLayout.CHANNELS_LAST, description: 'Order of the axes of an image.' })
  layout!: ImageLayout;

  @Field(() => String, {
    nullable: true,
    description: 'Value of the header `Authorization`, such as `Bearer …`. It is kept encrypted, and neither shown nor logged.',
  })
  authorization?: string;

  @Field(() => Int, { defaultValue: 32, description: 'Most images in a request, 1 to 1024.' })
  batchSize!: number;

  @Field(() => Float, { defaultValue: 30, description: 'How long the whole of an answer may take, 0.1 to 600.' })
  timeoutSeconds!: number;

  @Field(() => Int, {
    defaultValue: 3,
    description:
      'How often a request is sent again that was not answered, or with status 408, 425, 429, 500, 502, 503 or 504: 0 to 10, after growing pauses, or when `Retry-After` says.',
  })
  retries!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Most requests a second from each process that evaluates, 1 to 10000; by default there is no limit.',
  })
  requestsPerSecond?: number;
}
