import { Arg, Args, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import { CreateTokenInput } from '../../schema/token/create-token-input.js';
import { RevokeTokenInput } from '../../schema/token/revoke-token-input.js';
import { Principal } from '../../schema/token/principal.js';
import { Token, TokenConnection, TokenOrder } from '../../schema/token/token.js';
import { CreateTokenPayload, CreateTokenSuccess } from '../../schema/token/create-token-payload.js';
import { RevokeTokenPayload, RevokeTokenSuccess } from '../../schema/token/revoke-token-payload.js';
import { rowId } from '../../storage/global-id.js';
import { PageArgs } from '../../schema/relay/page-args.js';
import type { GraphQLContext } from '../context.js';
import { given } from '../given.js';
import { tokenNode } from './node.js';

@Resolver(() => Token)
export class TokenResolver {
  @Query(() => Principal, { description: 'Who asks, going by the token.' })
  viewer(@Ctx() { viewer }: GraphQLContext): Principal {
    return viewer;
  }

  @Query(() => TokenConnection, { description: 'Tokens, the newest first by default. For admins.' })
  async tokens(
    @Args(() => PageArgs) page: PageArgs,
    @Arg('orderBy', () => TokenOrder, { nullable: true, description: 'In which order.' }) orderBy: TokenOrder | undefined,
    @Ctx() { services: { prisma } }: GraphQLContext,
  ): Promise<TokenConnection> {
    return new TokenConnection(await tokenNode.list(prisma, { page, orderBy }));
  }

  @Mutation(() => CreateTokenPayload, { description: 'Makes a token. For admins.' })
  async createToken(
    @Arg('input', () => CreateTokenInput, { description: 'The token.' }) input: CreateTokenInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof CreateTokenPayload> {
    const { token, secret } = await services.tokens.create(given(input), viewer);
    return new CreateTokenSuccess(new Token(token), secret);
  }

  @Mutation(() => RevokeTokenPayload, {
    description: 'Ends a token at once, running subscriptions included. For admins.',
  })
  async revokeToken(
    @Arg('input', () => RevokeTokenInput, { description: 'The token.' }) { tokenId }: RevokeTokenInput,
    @Ctx() { viewer, services }: GraphQLContext,
  ): Promise<typeof RevokeTokenPayload> {
    return new RevokeTokenSuccess(new Token(await services.tokens.revoke(rowId(tokenId, 'Token'), viewer)));
  }
}
