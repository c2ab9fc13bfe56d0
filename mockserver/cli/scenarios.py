"""The command `mockserver scenarios`."""

import click

from mockserver.faults.scenario import packaged_scenarios, read_scenario
from mockserver.support.tables import table
from mockserver.vendors.contracts import load_contracts


@click.command("scenarios")
def scenarios() -> None:
    """List the packaged fault scripts."""
    operations = load_contracts(None, (), "documented").operations
    for line in table([(name, read_scenario(name, operations).description) for name in packaged_scenarios()]):
        click.echo(line)
