import { render } from "preact";
import "./styles/colours.css";
import "./styles/base.css";
import "./styles/parts.css";
import "./styles/tables.css";
import "./styles/dialogs.css";
import { App } from "./views/App";

render(<App />, document.getElementById("app")!);
