"""The reports of verdicts on conduct: text, JSON, JUnit XML, SARIF and Markdown, all of the same scorecard."""
