/** Where the chosen theme is kept. */
export const THEME_KEY = "dataload.theme";
