const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a text may be a row's id; the database rejects any other as an error. */
export const isRowId = (text: string) => UUID.test(text);
