"""The command `mockserver scenarios`."""

import click

from mockserver.faults.scenario import packaged_scenarios, read_scenario
from mockserver.support.tables import table
from mockserver.vendors.contracts import load_contracts


@click.command("scenarios")
def scenarios() -> None:
    """List the packaged fault scripts."""
    operations = load_contracts(None, (), "documented").operations
    found = (read_scenario(name, operations) for name in packaged_scenarios())
    for line in table([(scenario.name, scenario.description) for scenario in found]):
        click.echo(line)
