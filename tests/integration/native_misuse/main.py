import misuse

from fasterapi import FastAPI

app = FastAPI()
misuse.install(app)


@app.get("/json")
async def read_json():
    return {"is": "up"}
