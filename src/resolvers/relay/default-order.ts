import { OrderDirection } from '../../schema/relay/order.js';

/** Newest first. */
export const defaultOrder = { field: 'createdAt', direction: OrderDirection.DESC };
