export const STUDY = 'study';
