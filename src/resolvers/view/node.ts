import { SavedView } from '../../schema/view/saved-view.js';
import type { SavedView as SavedViewRow } from '../../storage/generated/client.js';
import { defineNode } from '../relay/define-node.js';

export const savedViewNode = defineNode<SavedViewRow, SavedView>({ type: SavedView, table: ({ savedView }) => savedView });
