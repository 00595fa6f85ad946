import { render } from "preact";
import "./styles/dashboard.css";
import { App } from "./views/App";

render(<App />, document.getElementById("app")!);
