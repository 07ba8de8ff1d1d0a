"""The backend of a project without databases; every use raises."""
