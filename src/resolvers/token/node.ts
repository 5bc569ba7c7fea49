import { Token } from '../../schema/token/token.js';
import type { Token as TokenRow } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const tokenNode = defineNode<TokenRow, Token>({ type: Token, table: ({ token }) => token });
