"""From a Plan to text: every artefact is a function from plans to a string."""
