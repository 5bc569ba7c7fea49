import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import { MAX_PAGE } from '../../page-size.js';
import { SignedUrl } from '../../schema/access/signed-url.js';
import { MOST_SECONDS } from '../../services/access/signed-urls.js';
import type { GraphQLContext } from '../context.js';
import { badInput } from '../relay/pagination.js';

@Resolver()
export class SignedUrlResolver {
  @Query(() => [SignedUrl], {
    description:
      'Addresses of images and files, such as `cleanImageUrl`, that work without a token until they expire, in the order of `urls`. Who has one sees what you see there, also after your token was revoked.',
  })
  signedUrls(
    @Arg('urls', () => [String], { description: `Paths on this server, ${MAX_PAGE} at most.` }) urls: string[],
    @Arg('seconds', () => Int, { defaultValue: 3600, description: 'How long they work: a week at most.' }) seconds: number,
    @Ctx() { viewer, services }: GraphQLContext,
  ): SignedUrl[] {
    if (urls.length > MAX_PAGE) throw badInput(`Ask for ${MAX_PAGE} addresses at most, not ${urls.length}.`);
    if (seconds < 1 || seconds > MOST_SECONDS) throw badInput(`seconds must be from 1 to ${MOST_SECONDS}.`);
    return urls.map((url, i) => services.signedUrls.sign(viewer, url, seconds, ['urls', String(i)]));
  }
}
